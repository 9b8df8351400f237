import { createRequire } from 'node:module';
import { kekUnavailable } from '../kek-provider.js';
import type { Library, Pkcs11 } from './pkcs11-api.js';

export interface OpenModule {
  readonly library: Library;
  readonly module: Pkcs11;
  readonly release: () => void;
}

const modules = new Map<string, { readonly library: Library; readonly module: Pkcs11; users: number }>();

/** A module is initialised once in a process, whoever uses it, and finalised by its last user. */
export function openModule(file: string): OpenModule {
  let entry = modules.get(file);
  if (!entry) {
    const library = loadLibrary();
    const module = new library.PKCS11();
    try {
      module.load(file);
      module.C_Initialize({ flags: library.CKF_OS_LOCKING_OK });
    } catch (error) {
      throw kekUnavailable(`The PKCS#11 module ${file}`, error);
    }
    entry = { library, module, users: 0 };
    modules.set(file, entry);
  }
  const used = entry;
  used.users += 1;
  const release = (): void => {
    used.users -= 1;
    if (used.users > 0) return;
    modules.delete(file);
    try {
      used.module.C_Finalize();
    } catch {
      // Nothing is left to end.
    }
    used.module.close();
  };
  return { library: entry.library, module: entry.module, release };
}

function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('pkcs11js') as Library;
  } catch (cause) {
    throw new Error('HEED_KEK=pkcs11 needs the package pkcs11js, which is not built for this computer.', { cause });
  }
}
