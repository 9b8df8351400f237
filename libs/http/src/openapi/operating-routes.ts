import { z } from 'zod';
import type { DescribedRoute } from './routes.js';

const tag = { name: 'operating', description: "For whoever runs the service, on the service's own port only." };
/** The group of what is read about the API itself. */
export const DOCUMENTATION = { name: 'documentation', description: 'What you are reading, for programs and for people.' };
const document = z.looseObject({ openapi: z.literal('3.1.0') });

/** What every service answers at beside its own routes. */
export const operatingRoutes: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/healthz',
    operation: {
      id: 'getHealth',
      summary: 'Says that the process is alive',
      tag,
      limited: false,
      outlivesTrouble: true,
      answers: { 200: z.strictObject({ status: z.literal('alive') }) },
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    operation: {
      id: 'getReadiness',
      summary: 'Says whether the database and Kafka can be used',
      description: 'Not ready is a 503 whose detail names what is missing.',
      tag,
      limited: false,
      answers: { 200: z.strictObject({ status: z.literal('ready') }) },
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    operation: {
      id: 'getMetrics',
      summary: 'Metrics in the text format of Prometheus',
      tag,
      limited: false,
      outlivesTrouble: true,
      answers: { 200: { description: 'Counters, gauges and histograms.', forms: { 'text/plain': z.string() } } },
    },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    operation: {
      id: 'getOpenApi',
      summary: 'This document',
      tag: DOCUMENTATION,
      outlivesTrouble: true,
      answers: { 200: document },
    },
  },
];
