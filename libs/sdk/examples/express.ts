import { byUserId, type Heed } from '@heed/sdk';
import { requireConsent } from '@heed/sdk/express';
import express, { type Express } from 'express';

/** A route that follows a purpose runs only for those who agreed to it. */
export function shop(heed: Heed): Express {
  const app = express();
  const analytics = requireConsent(heed, 'analytics', (request) => {
    const user = request.header('x-user'); // who is logged in
    return user === undefined ? undefined : byUserId(user);
  });
  app.get('/recommendations', analytics, (_request, response) => {
    response.json({ items: ['a lamp', 'a chair'] });
  });
  return app;
}
