import { defineConfig } from 'vitest/config';

/**
 * Two projects: `pure` needs only the wasm kernels and, where it can be built, the addon; `system` runs the compiled server
 * (media workers are compiled code).
 * Two cores are all a test machine has, and real-time tests must not compete: `system` runs one file at a time.
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
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{scenario,interop}/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
