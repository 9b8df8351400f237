import { unwatchFile, watchFile } from 'node:fs';

const LOOK_EVERY_MS = 300;

/**
 * Calls whenever the file was replaced, for as long as the process lives; asked by time, because a file that is replaced by
 * renaming is another file to a watch. What cannot be read now is read at the next change.
 *
 * @returns the function that ends it
 */
export function onFileChange(file: string, changed: () => void): () => void {
  const look = (): void => {
    try {
      changed();
    } catch (error) {
      process.stderr.write(`${file} was changed and is not taken: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    }
  };
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look);
  return () => unwatchFile(file, look);
}
