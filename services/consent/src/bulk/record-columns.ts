/** A record as it is told: everything that the register has of it, and nobody but a ref. */
export const RECORD_COLUMNS = `id, ref, purpose, state, took_effect AS "tookEffect", policy_version AS "policyVersion", notice_id AS "noticeId",
  notice_version AS "noticeVersion", notice_language AS "noticeLanguage", notice_hash AS "noticeHash", method, actor,
  occurred_at AS "occurredAt", recorded_at AS "recordedAt", jurisdiction, basis, valid_until AS "validUntil", nullif(domain, '') AS domain, network, detail`;

/** Before every record. */
export const FIRST_RECORD = '00000000-0000-0000-0000-000000000000';
