import { defineConfig } from 'vitest/config';

/** `npm run test:drachtio`: the gateway contract against a real drachtio-server that the environment names. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/drachtio/**/*.test.ts'],
    fileParallelism: false,
    maxConcurrency: 1,
    testTimeout: 120_000,
  },
});
