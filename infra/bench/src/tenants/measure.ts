import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** Files below a folder and the bytes that they take on the disk. */
export async function filesBelow(dir: string): Promise<{ count: number; bytes: number }> {
  let count = 0;
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined); // gone since it was listed
    if (!found) continue;
    count += 1;
    bytes += found.blocks * 512;
  }
  return { count, bytes };
}

/** Bytes of a process that no other shares: what one more of its kind costs. */
export async function privateBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
  return kilobytes * 1024;
}

export async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
