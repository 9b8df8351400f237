import { defineConfig } from 'vitest/config';

const conditions = ['@heed/source', 'module', 'node', 'development|production'];

/** What every project shares: specs run against the packages' sources, with Nest's decorator metadata. */
const sources = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

/** The suffix of a spec names its cost: no I/O, real servers, the whole system. */
function specs(suffix: 'unit' | 'int' | 'e2e'): { include: string[]; exclude: string[] } {
  return {
    include: [`{libs,services,infra}/**/*.${suffix}.spec.ts`],
    exclude: ['**/node_modules/**', '**/dist/**'],
  };
}

/** Cheapest first, and never two kinds at once: whole systems and real servers need the machine for themselves. */
export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    projects: [
      { ...sources, test: { name: 'unit', ...specs('unit'), sequence: { groupOrder: 0 }, testTimeout: 20_000 } },
      {
        ...sources,
        test: {
          name: 'int',
          ...specs('int'),
          sequence: { groupOrder: 1 },
          globalSetup: ['libs/testing/src/global-setup.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...sources,
        test: {
          name: 'e2e',
          ...specs('e2e'),
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
