import { RequestMethod } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { operationOf } from './operation.js';
import type { OperationOptions } from './operation.js';

/** A route as the router and the access matrix know it, with what is said of it. */
export interface DescribedRoute {
  readonly method: 'GET' | 'POST';
  /** @example '/v1/holds/:id' */
  readonly path: string;
  readonly operation: OperationOptions;
}

type Module = Type | DynamicModule;

/** The described routes of a composition root, read without starting anything. @throws where a route is not described */
export function routesOf(module: Module): readonly DescribedRoute[] {
  return [...new Set(controllersOf(module))].flatMap(routesOfController);
}

function controllersOf(module: Module): readonly Type[] {
  const { module: type, controllers = [], imports = [] } = typeof module === 'function' ? ({ module } as DynamicModule) : module;
  const listed = <T>(key: string): readonly T[] => (Reflect.getMetadata(key, type) as T[] | undefined) ?? [];
  const imported = [...listed<Module>(MODULE_METADATA.IMPORTS), ...(imports as readonly Module[])];
  return [...listed<Type>(MODULE_METADATA.CONTROLLERS), ...controllers, ...imported.flatMap(controllersOf)];
}

function routesOfController(controller: Type): readonly DescribedRoute[] {
  const prefix = String(Reflect.getMetadata(PATH_METADATA, controller) ?? '');
  const prototype = controller.prototype as Readonly<Record<string, unknown>>;
  return Object.getOwnPropertyNames(prototype).flatMap((name): readonly DescribedRoute[] => {
    const handler = prototype[name];
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return []; // a consumer of Kafka, or no handler at all
    const operation = operationOf(handler);
    const path = `/${[prefix, String(Reflect.getMetadata(PATH_METADATA, handler) ?? '')].flatMap((part) => part.split('/')).filter(Boolean).join('/')}`;
    if (!operation) throw new Error(`${RequestMethod[method]} ${path} is not described: add @Operation to ${controller.name}.${name}`);
    if (method === RequestMethod.GET) return [{ method: 'GET', path, operation }];
    if (method === RequestMethod.POST) return [{ method: 'POST', path, operation }];
    throw new Error(`${RequestMethod[method]} ${path}: calls are GET, and POST on sub-resources`);
  });
}
