import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Subject } from '../subject.js';
import { gate, PROBLEM_TYPE } from './gate.js';
import type { Answering, GateOptions } from './gate.js';

/**
 * What follows runs only where the person agreed.
 * @example app.get('/recommendations', requireConsent(heed, 'analytics', (req) => byUserId(req.user.id)), handler)
 */
export function requireConsent(heed: Answering, purpose: string, who: (request: Request) => Subject | undefined, options?: GateOptions<Request>): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    gate(heed, purpose, who(request), request, options).then((problem) => {
      if (problem) response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
      else next();
    }, next);
  };
}
