import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * What a layer may import, from the inside out. A service meets another service in contracts and nowhere else, so
 * no line allows `type:service`.
 */
const LAYERS = {
  kernel: [],
  contracts: ['kernel', 'contracts'],
  platform: ['kernel', 'contracts', 'platform'],
  connector: ['kernel', 'contracts', 'connector'],
  service: ['kernel', 'contracts', 'platform', 'connector'],
  app: ['kernel', 'contracts', 'platform', 'app'],
  testing: ['kernel', 'contracts', 'platform', 'app', 'testing'],
};

/** @param {{ spec: boolean }} of specs may start servers, and use their own package through its public entry */
function boundaries({ spec }) {
  const more = spec ? ['testing', 'app', 'connector'] : [];
  return [
    'error',
    {
      enforceBuildableLibDependency: false,
      allowCircularSelfDependency: spec,
      // A platform library's spec uses @heed/testing, which stands on platform libraries. Only specs make that circle.
      ignoredCircularDependencies: [['testing', '*']],
      depConstraints: Object.entries(LAYERS).map(([layer, may]) => ({
        sourceTag: `type:${layer}`,
        onlyDependOnLibsWithTags: [...may, ...more].map((name) => `type:${name}`),
      })),
    },
  ];
}

/** Examples import their own package as its users do. */
const specs = ['**/*.spec.ts', '**/test/**/*.ts', 'libs/testing/**/*.ts', 'libs/sdk/examples/**/*.ts'];
const environmentReaders = ['**/*.config.ts', '**/main.ts', '**/migrate.ts', 'services/*/src/recover.ts', 'libs/config/src/index.ts', ...specs];

export default defineConfig(
  { ignores: ['**/dist/**', '**/node_modules/**', '.heed/**', '.nx/**', 'test-results/**'] },
  // A rule that is wrong is changed here, where everybody sees it.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: { process: 'readonly', URL: 'readonly', performance: 'readonly' } } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { project: 'tsconfig.spec.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@nx/enforce-module-boundaries': boundaries({ spec: false }),
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Read it in the *.config.ts and hand it on.' }],
      'no-console': 'error',
      // Colours of other programs' output are stripped by their escape character.
      'no-control-regex': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: specs,
    rules: { '@nx/enforce-module-boundaries': boundaries({ spec: true }) },
  },
  // Writes down what the services say of themselves: the one place that may see all of them, and it starts none.
  { files: ['infra/contracts/src/openapi/documents.ts'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  // Types of a package without its own: what it exports is not ours to choose.
  { files: ['**/*.d.ts'], rules: { 'no-restricted-exports': 'off' } },
  // Parts of the embedded start speak to their supervisor by standard output.
  { files: ['infra/local/src/*/main.ts'], rules: { 'no-console': 'off' } },
  { files: environmentReaders, rules: { 'no-restricted-properties': 'off' } },
);
