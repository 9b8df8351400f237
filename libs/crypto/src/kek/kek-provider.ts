import { HeedError, unavailable } from '@heed/kernel';

/** A key wrapped under a tenant's key-encryption key (KEK). */
export interface WrappedKey {
  /** Version of the KEK; 1 is the first. */
  readonly version: number;
  readonly bytes: Buffer;
}

/** What a provider says of itself. Shown, and compared with recorded evidence; never evidence by itself. */
export interface KekModule {
  readonly provider: 'file' | 'pkcs11' | 'kms';
  readonly maker: string;
  readonly model: string;
  /** What evidence names this one by: a token's serial number, a KMS's address. */
  readonly binding: string;
}

/**
 * Keeps one key-encryption key per tenant, in versions, and never hands one out. Keys are bound to what `aad` says they are.
 * Every method throws `kek_unavailable` while the provider does not answer, and `kek_missing` where the tenant, or the
 * version, has no KEK (any more).
 */
export interface KekProvider {
  /** Makes the tenant's first version where there is none. */
  ensure(tenant: string): Promise<void>;
  /** The newest version; undefined where the tenant has none. */
  current(tenant: string): Promise<number | undefined>;
  /** Under the newest version. */
  wrap(tenant: string, key: Buffer, aad: string): Promise<WrappedKey>;
  /** @throws HeedError `kek_refused` where it was wrapped for another tenant or purpose, or changed */
  unwrap(tenant: string, wrapped: WrappedKey, aad: string): Promise<Buffer>;
  /** Makes a new version and answers it; what was wrapped under older ones still unwraps. */
  rotate(tenant: string): Promise<number>;
  /** Destroys this version and every older one: what is wrapped under them can never be unwrapped again. Not the newest. */
  retire(tenant: string, version: number): Promise<void>;
  /** Destroys every version. */
  destroy(tenant: string): Promise<void>;
  describe(): Promise<KekModule>;
  close(): Promise<void>;
}

export const kekUnavailable = (what: string, cause?: unknown): HeedError =>
  unavailable('kek_unavailable', `${what} does not answer; try again.`, cause);

export const kekMissing = (tenant: string, version?: number): HeedError =>
  new HeedError({
    kind: 'internal',
    code: 'kek_missing',
    detail: `There is no key-encryption key of ${tenant}${version === undefined ? '' : ` in version ${version}`}.`,
  });

export const kekRefused = (tenant: string, cause?: unknown): HeedError =>
  new HeedError({ kind: 'internal', code: 'kek_refused', detail: `A wrapped key is not one of ${tenant} in this place, or was changed.`, cause });

export const newestKept = (tenant: string, version: number): HeedError =>
  new HeedError({ kind: 'conflict', code: 'kek_in_use', detail: `Version ${version} is the newest key-encryption key of ${tenant}: rotate before it is retired.` });
