/**
 * oidc-provider's storage. Client credentials with JWT access tokens leave nothing to store: the token is its own
 * proof, and this issuer offers no other grant. Everything is forgotten at once.
 */
export class NothingStored {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
