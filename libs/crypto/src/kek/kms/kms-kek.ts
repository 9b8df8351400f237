import { kekMissing, kekRefused, kekUnavailable, newestKept } from '../kek-provider.js';
import type { KekModule, KekProvider, WrappedKey } from '../kek-provider.js';
import { KmsClient } from './kms-client.js';
import type { KmsAnswer, KmsSettings } from './kms-client.js';

/**
 * Key-encryption keys in the transit engine of OpenBao or Vault, `<prefix>-<tenant>`: the KMS wraps and unwraps, and gives no
 * key out.
 */
export class KmsKek implements KekProvider {
  private readonly client: KmsClient;

  constructor(private readonly settings: KmsSettings & { readonly prefix: string }) {
    this.client = new KmsClient(settings);
  }

  async ensure(tenant: string): Promise<void> {
    if ((await this.current(tenant)) !== undefined) return;
    this.expect(await this.client.call('POST', this.key(tenant), { type: 'aes256-gcm96', exportable: false, allow_plaintext_backup: false }));
  }

  async current(tenant: string): Promise<number | undefined> {
    const answer = await this.client.call('GET', this.key(tenant));
    if (answer.status === 404) return undefined;
    return Number(this.expect(answer).data['latest_version']);
  }

  async wrap(tenant: string, key: Buffer, aad: string): Promise<WrappedKey> {
    // Looked at before: the engine makes a key that it does not know, and what was destroyed must not come back.
    const version = await this.current(tenant);
    if (version === undefined) throw kekMissing(tenant);
    const body = { plaintext: key.toString('base64'), associated_data: bound(tenant, aad), key_version: version };
    const { data } = this.expect(await this.client.call('POST', `encrypt/${this.name(tenant)}`, body));
    const bytes = Buffer.from(String(data['ciphertext']));
    return { version: Number(/^vault:v([0-9]+):/.exec(bytes.toString())?.[1] ?? version), bytes };
  }

  async unwrap(tenant: string, { version, bytes }: WrappedKey, aad: string): Promise<Buffer> {
    const answer = await this.client.call('POST', `decrypt/${this.name(tenant)}`, { ciphertext: bytes.toString(), associated_data: bound(tenant, aad) });
    if (answer.status === 404 || /key not found|too old|disallowed by policy|no longer available|version is too new/i.test(answer.errors)) throw kekMissing(tenant, version);
    if (answer.status === 400) throw kekRefused(tenant, new Error(answer.errors));
    return Buffer.from(String(this.expect(answer).data['plaintext']), 'base64');
  }

  async rotate(tenant: string): Promise<number> {
    if ((await this.current(tenant)) === undefined) throw kekMissing(tenant);
    this.expect(await this.client.call('POST', `${this.key(tenant)}/rotate`, {}, true));
    const version = await this.current(tenant);
    if (version === undefined) throw kekMissing(tenant);
    return version;
  }

  async retire(tenant: string, version: number): Promise<void> {
    const newest = await this.current(tenant);
    if (version >= (newest ?? 0)) throw newestKept(tenant, version);
    const least = { min_decryption_version: version + 1, min_encryption_version: version + 1 };
    this.expect(await this.client.call('POST', `${this.key(tenant)}/config`, least));
    // Not only refused from now on, but gone.
    this.expect(await this.client.call('POST', `${this.key(tenant)}/trim`, { min_available_version: version + 1 }));
  }

  async destroy(tenant: string): Promise<void> {
    if ((await this.current(tenant)) === undefined) return;
    this.expect(await this.client.call('POST', `${this.key(tenant)}/config`, { deletion_allowed: true }));
    this.expect(await this.client.call('DELETE', this.key(tenant)));
  }

  async describe(): Promise<KekModule> {
    const { url, mount } = this.settings;
    return { provider: 'kms', maker: 'OpenBao or Vault', model: 'transit', binding: `${url.replace(/\/+$/, '')}/${mount}` };
  }

  async close(): Promise<void> {
    this.client.close();
  }

  private name(tenant: string): string {
    return `${this.settings.prefix}-${tenant}`;
  }

  private key(tenant: string): string {
    return `keys/${this.name(tenant)}`;
  }

  private expect(answer: KmsAnswer): KmsAnswer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw kekUnavailable(`The KMS at ${this.settings.url} answered ${answer.status} and`, new Error(answer.errors));
  }
}

const bound = (tenant: string, aad: string): string => Buffer.from(`${tenant}|${aad}`).toString('base64');
