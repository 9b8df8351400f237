/** A table with sealed values, as a service would have it: `note (owner text, sealed bytea)`. */
const place = (tx, owner) => ({ tenant: tx.tenant, subject: owner, type: 'note', field: 'text' });

export const notes = {
  name: 'note',
  async nextBatch(tx, { after, before, limit }) {
    const rows = await tx.query(
      'SELECT DISTINCT owner FROM note WHERE owner > $1 AND substring(sealed from 2 for 16) < $2 ORDER BY owner LIMIT $3',
      [after ?? '', before, Math.min(limit, 20)],
    );
    return rows.map((row) => row.owner);
  },
  async reseal(tx, owners, vault) {
    const rows = await tx.query('SELECT owner, sealed FROM note WHERE owner = ANY($1) ORDER BY owner FOR UPDATE', [owners]);
    const keys = await vault.newKeys(tx.tenant, rows.length);
    const plain = await vault.open(tx.tenant, rows.map(({ owner, sealed }) => ({ place: place(tx, owner), sealed })));
    for (const [index, { owner }] of rows.entries()) {
      if (plain[index] === undefined) continue;
      await tx.query('UPDATE note SET sealed = $2 WHERE owner = $1', [owner, vault.seal(keys[index], place(tx, owner), plain[index])]);
    }
    return rows.map(({ sealed }) => vault.keyIdOf(sealed));
  },
};
