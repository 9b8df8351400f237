import type { EventDefinition, HeedEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { Catch, UseFilters } from '@nestjs/common';
import type { RpcExceptionFilter } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import type { z } from 'zod';

export const HEED_KAFKA = Symbol('heed.kafka');

/** Events of one type and tenant, in the order of their partition, and the transaction that handling them is. */
export interface EventBatch<D extends EventDefinition> {
  readonly tenant: string;
  readonly events: readonly HeedEvent<z.output<D['data']>>[];
  readonly tx: Tx;
}

export interface Consumption {
  readonly group: string;
  readonly definition: EventDefinition;
}

/**
 * A controller method that handles events of one type, in one transaction per batch and exactly once each.
 * @param group short name of the consumer group; slow and urgent work never share one.
 * @example \@Consumes('acks', acknowledged) async onAcks(batch: EventBatch<typeof acknowledged>) { … }
 */
export function Consumes<D extends EventDefinition>(group: string, definition: D): ConsumerDecorator<D> {
  const consumption: Consumption = { group, definition };
  const pattern = EventPattern(`${group} ${definition.type}`, HEED_KAFKA, { consumption }) as unknown as ConsumerDecorator<D>;
  return (target, method, descriptor) => {
    pattern(target, method, descriptor);
    UseFilters(PassErrorsOn)(target, method, descriptor);
  };
}

/** Nest's own filter replaces an error by "Internal server error"; the runner must see what happened. */
@Catch()
class PassErrorsOn implements RpcExceptionFilter<unknown> {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}

type ConsumerDecorator<D extends EventDefinition> = (
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<(batch: EventBatch<D>) => Promise<void>>,
) => void;
