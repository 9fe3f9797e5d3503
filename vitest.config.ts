import { defineConfig } from 'vitest/config';

/**
 * Two projects: `pure` needs only the wasm kernels and, where it can be built, the addon; `system` runs the compiled server
 * (media workers are compiled code). `pure` computes on every core there is. Real-time tests must not compete: `system`
 * begins when `pure` is over, and runs one file at a time.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/{unit,property,vector,fuzz}/**/*.test.ts'],
          globalSetup: ['test/support/build-wasm.ts', 'test/support/build-addon.ts'],
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{scenario,interop}/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
