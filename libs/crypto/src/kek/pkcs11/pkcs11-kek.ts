import { randomBytes } from 'node:crypto';
import { kekMissing, kekRefused, newestKept } from '../kek-provider.js';
import type { KekModule, KekProvider, WrappedKey } from '../kek-provider.js';
import type { Attribute, Handle, Mechanism } from './pkcs11-api.js';
import { ckrOf, Pkcs11Token } from './pkcs11-token.js';
import type { TokenSession, TokenSettings } from './pkcs11-token.js';

interface Found {
  readonly version: number;
  readonly key: Handle;
}

/** CKR_ENCRYPTED_DATA_INVALID and _LEN_RANGE; some modules say CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED of a wrong tag. */
const WRONG_TAG = new Set([0x40, 0x41, 0x05, 0x06]);
const TAG = 16;

/**
 * Key-encryption keys in an HSM: AES-256 keys that the token makes and never gives out. Their label is
 * `<prefix>/<tenant>`, their CKA_ID the version in four bytes. The module has no "only if there is none": where two processes
 * made the same version at once, both keys stay and either unwraps what is its own.
 */
export class Pkcs11Kek implements KekProvider {
  private readonly token: Pkcs11Token;

  constructor(private readonly settings: TokenSettings & { readonly prefix: string }) {
    this.token = new Pkcs11Token(settings);
  }

  async ensure(tenant: string): Promise<void> {
    this.token.use((session) => {
      if (this.find(session, tenant).length === 0) this.make(session, tenant, 1);
    });
  }

  async current(tenant: string): Promise<number | undefined> {
    return this.token.use((session) => this.find(session, tenant).at(-1)?.version);
  }

  async wrap(tenant: string, key: Buffer, aad: string): Promise<WrappedKey> {
    return this.token.use((session) => {
      const newest = this.find(session, tenant).at(-1);
      if (!newest) throw kekMissing(tenant);
      const { library, module, handle } = session;
      const iv = randomBytes(12);
      module.C_EncryptInit(handle, gcm(library, iv, tenant, aad), newest.key);
      return { version: newest.version, bytes: Buffer.concat([iv, module.C_Encrypt(handle, key, Buffer.alloc(key.length + TAG))]) };
    });
  }

  async unwrap(tenant: string, { version, bytes }: WrappedKey, aad: string): Promise<Buffer> {
    return this.token.use((session) => {
      const keys = this.find(session, tenant).filter((found) => found.version === version);
      if (keys.length === 0) throw kekMissing(tenant, version);
      let failure: unknown;
      for (const { key } of keys) {
        try {
          return decrypt(session, key, bytes, tenant, aad);
        } catch (error) {
          if (!WRONG_TAG.has(ckrOf(error) ?? -1)) throw error;
          failure = error;
        }
      }
      throw kekRefused(tenant, failure);
    });
  }

  async rotate(tenant: string): Promise<number> {
    return this.token.use((session) => {
      const newest = this.find(session, tenant).at(-1);
      if (!newest) throw kekMissing(tenant);
      this.make(session, tenant, newest.version + 1);
      return newest.version + 1;
    });
  }

  async retire(tenant: string, version: number): Promise<void> {
    this.token.use((session) => {
      const keys = this.find(session, tenant);
      if (version >= (keys.at(-1)?.version ?? 0)) throw newestKept(tenant, version);
      for (const old of keys) if (old.version <= version) session.module.C_DestroyObject(session.handle, old.key);
    });
  }

  async destroy(tenant: string): Promise<void> {
    this.token.use((session) => {
      for (const { key } of this.find(session, tenant)) session.module.C_DestroyObject(session.handle, key);
    });
  }

  async describe(): Promise<KekModule> {
    return this.token.use(({ module, slot }) => {
      const { manufacturerID, model, serialNumber } = module.C_GetTokenInfo(slot);
      return { provider: 'pkcs11', maker: manufacturerID.trim(), model: model.trim(), binding: serialNumber.trim() };
    });
  }

  async close(): Promise<void> {
    this.token.close();
  }

  /** A tenant's keys, the newest last. */
  private find({ library, module, handle }: TokenSession, tenant: string): readonly Found[] {
    module.C_FindObjectsInit(handle, [{ type: library.CKA_CLASS, value: library.CKO_SECRET_KEY }, { type: library.CKA_LABEL, value: this.label(tenant) }]);
    const found: Handle[] = [];
    try {
      for (let some = module.C_FindObjects(handle, 32); some.length > 0; some = module.C_FindObjects(handle, 32)) found.push(...some);
    } finally {
      module.C_FindObjectsFinal(handle);
    }
    const versions = found.map((key) => {
      const [id] = module.C_GetAttributeValue(handle, key, [{ type: library.CKA_ID }]);
      return { key, version: Buffer.isBuffer(id?.value) && id.value.length === 4 ? id.value.readUInt32BE() : 0 };
    });
    return versions.filter(({ version }) => version > 0).sort((a, b) => a.version - b.version);
  }

  private make({ library, module, handle }: TokenSession, tenant: string, version: number): void {
    const id = Buffer.alloc(4);
    id.writeUInt32BE(version);
    const can = [library.CKA_TOKEN, library.CKA_PRIVATE, library.CKA_SENSITIVE, library.CKA_ENCRYPT, library.CKA_DECRYPT];
    const cannot = [library.CKA_EXTRACTABLE, library.CKA_MODIFIABLE, library.CKA_WRAP, library.CKA_UNWRAP];
    const template: Attribute[] = [
      { type: library.CKA_LABEL, value: this.label(tenant) },
      { type: library.CKA_ID, value: id },
      { type: library.CKA_VALUE_LEN, value: 32 },
      ...can.map((type) => ({ type, value: true })),
      ...cannot.map((type) => ({ type, value: false })),
    ];
    module.C_GenerateKey(handle, { mechanism: library.CKM_AES_KEY_GEN }, template);
  }

  private label(tenant: string): string {
    return `${this.settings.prefix}/${tenant}`;
  }
}

function decrypt({ library, module, handle }: TokenSession, key: Handle, bytes: Buffer, tenant: string, aad: string): Buffer {
  module.C_DecryptInit(handle, gcm(library, bytes.subarray(0, 12), tenant, aad), key);
  return Buffer.from(module.C_Decrypt(handle, bytes.subarray(12), Buffer.alloc(bytes.length)));
}

function gcm(library: TokenSession['library'], iv: Buffer, tenant: string, aad: string): Mechanism {
  const bound = Buffer.from(`${tenant}|${aad}`);
  return { mechanism: library.CKM_AES_GCM, parameter: { type: library.CK_PARAMS_AES_GCM, iv: Buffer.from(iv), aad: bound, ivBits: 96, tagBits: 8 * TAG } };
}
