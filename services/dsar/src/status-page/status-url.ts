/** Where the status page of a token is, which @heed/http makes: see `newPageToken`. */
export const statusUrl = (origin: string, token: string): string => `${origin.replace(/\/$/, '')}/r/${token}`;
