import { certificatePage } from '@heed/certificate';
import type { SignedCertificate } from '@heed/certificate';
import { PAGE_HEADERS, prefers } from '@heed/http';
import type { FastifyReply } from 'fastify';

/** Signed JSON, or the page to read and print where that is asked for. */
export function presentCertificate(signed: SignedCertificate, accept: string | undefined, reply: FastifyReply): unknown {
  void reply.header('vary', 'accept').header('cache-control', 'no-store');
  if (!prefers(accept, 'text/html', 'application/json')) return signed;
  void reply.headers(PAGE_HEADERS);
  return certificatePage(signed);
}
