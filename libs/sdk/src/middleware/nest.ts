import { ForbiddenException, Inject, Injectable, SetMetadata, UseGuards, applyDecorators } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { MayOptions } from '../decision.js';
import type { Subject } from '../subject.js';
import { gate } from './gate.js';
import type { Answering } from './gate.js';

const PURPOSE = Symbol('heed.purpose');
/** Provide a `ConsentGate` under it. */
export const CONSENT_GATE = Symbol('heed.consent-gate');

interface GatedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface ConsentGate<R extends GatedRequest = GatedRequest> {
  readonly heed: Answering;
  /** Whose data the request is about; nobody is a no. */
  readonly who: (request: R) => Subject | undefined;
  readonly place?: (request: R) => MayOptions;
}

/** Lets a handler run only where its person agreed. Answers with problem details. */
@Injectable()
export class ConsentGuard implements CanActivate {
  constructor(@Inject(CONSENT_GATE) private readonly consent: ConsentGate) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const purpose: unknown = Reflect.getMetadata(PURPOSE, context.getHandler()) ?? Reflect.getMetadata(PURPOSE, context.getClass());
    if (typeof purpose !== 'string') return true;
    const request = context.switchToHttp().getRequest<GatedRequest>();
    const { heed, who, place } = this.consent;
    const problem = await gate(heed, purpose, who(request), request, place ? { place } : {});
    if (!problem) return true;
    throw new ForbiddenException(problem);
  }
}

/**
 * On a controller or a handler: it follows this purpose.
 * @example \@Get('recommendations') \@RequireConsent('analytics') list() { … }
 */
export const RequireConsent = (purpose: string): MethodDecorator & ClassDecorator => applyDecorators(SetMetadata(PURPOSE, purpose), UseGuards(ConsentGuard));
