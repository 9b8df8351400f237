/** What a wrapped key is bound to: it unwraps as nothing else. */
export const intermediateAad = (service: string, tenant: string, epoch: number): string => `ik|${service}|${tenant}|${epoch}`;
export const dataAad = (service: string, tenant: string, id: string): string => `dk|${service}|${tenant}|${id}`;
export const indexAad = (service: string, tenant: string, epoch: number): string => `bi|${service}|${tenant}|${epoch}`;
