import { readFileSync } from 'node:fs';
import { kekUnavailable } from '../kek-provider.js';
import type { Handle, Library, Pkcs11 } from './pkcs11-api.js';
import { openModule } from './pkcs11-module.js';
import type { OpenModule } from './pkcs11-module.js';

export interface TokenSettings {
  /** The module's shared library. */
  readonly module: string;
  readonly label: string;
  /** Holds the user's PIN and nothing else. */
  readonly pinFile: string;
}

/** A logged-in session and what speaks through it. */
export interface TokenSession {
  readonly library: Library;
  readonly module: Pkcs11;
  readonly slot: Handle;
  readonly handle: Handle;
}

/** Errors of a session that is over, or of a token that was away: CKR_DEVICE_*, CKR_SESSION_*, CKR_TOKEN_*, CKR_USER_NOT_LOGGED_IN, CKR_CRYPTOKI_NOT_INITIALIZED. */
const GONE = new Set([0x30, 0x31, 0x32, 0xb0, 0xb3, 0xe0, 0xe1, 0x101, 0x190]);
const ALREADY_LOGGED_IN = 0x100;

/** The code of a module's error; undefined for an error of another kind. */
export function ckrOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/** One token of a PKCS#11 module: logs in when it is first used, and again after the session was lost. */
export class Pkcs11Token {
  private session: TokenSession | undefined;
  private opened: OpenModule | undefined;

  constructor(private readonly settings: TokenSettings) {}

  /** Runs the work in a session; once more in a new one where the session was over. @throws HeedError `kek_unavailable` */
  use<T>(work: (session: TokenSession) => T): T {
    for (let again = true; ; again = false) {
      const session = this.session ?? this.open();
      try {
        return work(session);
      } catch (error) {
        const code = ckrOf(error);
        if (code === undefined || !GONE.has(code)) throw error;
        this.drop();
        if (!again) throw kekUnavailable('The PKCS#11 token', error);
      }
    }
  }

  close(): void {
    this.drop();
    this.opened?.release();
    this.opened = undefined;
  }

  private open(): TokenSession {
    this.opened ??= openModule(this.settings.module);
    const { library, module } = this.opened;
    try {
      const slot = module.C_GetSlotList(true).find((one) => module.C_GetTokenInfo(one).label.trim() === this.settings.label);
      if (slot === undefined) throw kekUnavailable(`The PKCS#11 token "${this.settings.label}"`);
      const handle = module.C_OpenSession(slot, library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION);
      logIn(library, module, handle, readFileSync(this.settings.pinFile, 'utf8').trim());
      return (this.session = { library, module, slot, handle });
    } catch (error) {
      if (ckrOf(error) === undefined) throw error;
      throw kekUnavailable('The PKCS#11 token', error);
    }
  }

  private drop(): void {
    const { session } = this;
    this.session = undefined;
    try {
      session?.module.C_CloseSession(session.handle);
    } catch {
      // It was over already.
    }
  }
}

/** A login counts for all sessions of a process with this token. */
function logIn(library: Library, module: Pkcs11, handle: Handle, pin: string): void {
  try {
    module.C_Login(handle, library.CKU_USER, pin);
  } catch (error) {
    if (ckrOf(error) !== ALREADY_LOGGED_IN) throw error;
  }
}
