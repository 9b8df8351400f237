import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalogue } from './catalogue.js';
import { generate, staleFiles } from './generate.js';
import { ROOT } from './repository.js';

/** `node infra/contracts/dist/main.js [--check]`: writes the generated files, or only says which are not current. */
const generated = await generate();
const stale = await staleFiles(generated);

if (process.argv.includes('--check')) {
  for (const path of stale) process.stdout.write(`${path} is not current: run "npm run generate" and commit it.\n`);
} else {
  for (const path of stale) {
    const text = generated.files.get(path);
    const file = join(ROOT, path);
    await mkdir(dirname(file), { recursive: true });
    if (text === undefined) await rm(file);
    else await writeFile(file, text);
    process.stdout.write(`${text === undefined ? 'removed' : 'wrote'} ${path}\n`);
  }
}
for (const line of generated.broken) process.stdout.write(`${line}\n`);
process.stdout.write(`${catalogue.length} event versions, ${stale.length} files ${process.argv.includes('--check') ? 'not current' : 'changed'}\n`);
const failed = generated.broken.length > 0 || (process.argv.includes('--check') && stale.length > 0);
process.exitCode = failed ? 1 : 0;
