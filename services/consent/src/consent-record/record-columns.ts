/** What everybody who reads the register reads of a record. */
export const RECORD_COLUMNS = `id, ref, purpose, state, took_effect AS "tookEffect", policy_version AS "policyVersion", method, actor,
  occurred_at AS "occurredAt", recorded_at AS "recordedAt", jurisdiction, basis, valid_until AS "validUntil", detail`;

/** A record as it is told, see `consentRecord`: everything that the register has of it, and nobody but a ref. */
export const TOLD_COLUMNS = `${RECORD_COLUMNS}, notice_id AS "noticeId", notice_version AS "noticeVersion", notice_language AS "noticeLanguage",
  notice_hash AS "noticeHash", nullif(domain, '') AS domain, network`;
