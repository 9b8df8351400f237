#!/usr/bin/env node
// Plain JavaScript that any Node from 18 on can read: it only finds a Node and a build that can run the command.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const bundledNode = fileURLToPath(new URL(`../../../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (!existsSync(main)) fail('Heed is not built yet: run "npm ci" (or "npm run build") in the checkout and try again.');
else if (major > 22 || (major === 22 && minor >= 22)) await import('../dist/main.js');
else if (existsSync(bundledNode)) runWith(bundledNode);
else fail(`Heed needs Node 22.22 or later and this is ${process.versions.node}: run "npm ci" in the checkout, or install a newer Node.`);

/** The same command under the newer Node, which must hear of signals and end when this process is killed. */
function runWith(node) {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  const command = setpriv ? [setpriv, '--pdeathsig', 'TERM', '--', node] : [node];
  const child = spawn(command[0], [...command.slice(1), main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`Node at ${node} does not start: ${error.message}`));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
