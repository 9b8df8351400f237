import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsentCell } from './consent-cell.js';
import { quiet } from './quiet.js';
import type { Say } from './report.js';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

interface Explained {
  readonly text: string;
  readonly ms: number;
  readonly plan: Node;
}

const PLANS = ['log_min_duration = 0', 'log_analyze = on', 'log_buffers = on', 'log_timing = off', 'log_format = json', 'log_parameter_max_length = 0'];
const LOGIN = 'heed_consent';
/** PostgreSQL looks at the values of a prepared statement five times, and may then plan once for all. */
const BEFORE = 8;
/** Tables of settings fit into a page; reading that is what every plan does. */
const SMALL = 200;

/**
 * What the service sends and how the server carries it out: not copies of its statements, but its own, told by the server itself (auto_explain) for
 * a service that was started for it. @param calls by name; each is made some times before, with others' values
 */
export async function plans(cell: ConsentCell, calls: readonly (readonly [name: string, call: (n: number) => Promise<void>])[], say: Say): Promise<void> {
  await cell.stopService();
  await cell.sql(`ALTER ROLE ${LOGIN} SET session_preload_libraries = 'auto_explain'`);
  for (const setting of PLANS) await cell.sql(`ALTER ROLE ${LOGIN} SET auto_explain.${setting}`);
  await cell.startService();
  try {
    const large = new Set((await cell.sql<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND reltuples > ${SMALL}`)).map(({ name }) => name));
    const idle = new Set((await explainedDuring(cell, () => sleep(4_000))).map(({ text }) => text));
    const endToEnd = new Set<string>();
    for (const [name, call] of calls) {
      for (let n = 0; n < BEFORE; n += 1) await call(n);
      await quiet(cell);
      const told = (await explainedDuring(cell, () => call(BEFORE))).filter(({ text }) => !idle.has(text));
      const pages = told.reduce((sum, { plan }) => sum + pagesOf(plan), 0);
      say(`EXPLAIN of ${name}: ${told.length} statements, ${pages} pages`);
      for (const { text, ms, plan } of told) {
        say(`  ${ms.toFixed(2)} ms, ${pagesOf(plan)} pages: ${text.replace(/\s+/g, ' ').trim().slice(0, 110)}`);
        for (const node of looks(plan)) {
          if (node['Node Type'] === 'Seq Scan' && large.has(node['Relation Name'] ?? '')) endToEnd.add(`${node['Relation Name']} by ${name}`);
          say(`      ${nodeInWords(node)}`);
        }
      }
    }
    say(endToEnd.size === 0 ? 'No statement reads a table from end to end.' : `READ FROM END TO END: ${[...endToEnd].join(', ')}`);
  } finally {
    await cell.stopService();
    await cell.sql(`ALTER ROLE ${LOGIN} RESET ALL`);
    await cell.startService();
  }
}

/** Plans that the server writes down from the beginning of some work until a moment after its end. */
async function explainedDuring(cell: ConsentCell, work: () => Promise<void>): Promise<readonly Explained[]> {
  const from = (await stat(cell.serverLog)).size;
  await work();
  await sleep(300);
  const log = (await readFile(cell.serverLog)).subarray(from).toString();
  return [...log.matchAll(/duration: ([\d.]+) ms {2}plan:\n((?:\t.*\n)+)/g)].map(([, ms, lines = '']) => {
    const { 'Query Text': text, Plan: plan } = JSON.parse(lines.replaceAll(/^\t/gm, '')) as { 'Query Text': string; Plan: Node };
    return { text, ms: Number(ms), plan };
  });
}

/** The parts of a plan that touch a table or an index, or write to one. */
function looks(node: Node): readonly Node[] {
  const own = node['Relation Name'] !== undefined || node['Index Name'] !== undefined ? [node] : [];
  return [...own, ...(node.Plans ?? []).flatMap(looks)];
}

const pagesOf = (node: Node): number => (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0);

function nodeInWords(node: Node): string {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, 'Actual Rows': rows = 0, 'Actual Loops': loops = 1 } = node;
  const what = [type, ...(index ? [`using ${index}`] : []), ...(table ? [`on ${table}`] : [])].join(' ');
  return loops === 0 ? `${what}: never` : `${what}: ${Math.round(rows * loops)} rows, ${pagesOf(node)} pages${loops > 1 ? ` in ${loops} looks` : ''}`;
}
