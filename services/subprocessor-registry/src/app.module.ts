import { PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AccessControlModule } from './access/access-control.module.js';
import { AgentKeysController } from './data-map/agent-keys.controller.js';
import { DataMapConsumer } from './data-map/data-map.consumer.js';
import { DataMapController } from './data-map/data-map.controller.js';
import { DataStoresController } from './data-map/data-stores.controller.js';
import { MapActivation } from './data-map/map-activation.js';
import { RegisterStores } from './data-map/register-stores.use-case.js';
import { DocumentationController } from './documentation/documentation.controller.js';
import { ActivationJob } from './policy/activation.job.js';
import { NoticeConsumer } from './policy/notice.consumer.js';
import { PoliciesController } from './policy/policies.controller.js';
import { PolicyActivation } from './policy/policy-activation.js';
import { PromisesController } from './policy/promises.controller.js';
import { PublishPolicy } from './policy/publish-policy.use-case.js';
import { SubprocessorsController } from './policy/subprocessors.controller.js';
import { AuthenticatorsController } from './step-up/adapters/authenticators.controller.js';
import { StepUpKeysController, StepUpsController } from './step-up/adapters/step-ups.controller.js';
import { stepUpProviders } from './step-up/step-up.providers.js';
import { CloseTenant } from './tenant/close-tenant.use-case.js';
import { TenantController } from './tenant/tenant.controller.js';
import type { RegistryEnvironment } from './subprocessor-registry.config.js';

/** Composition root: the tenant itself, the data map, the policy, who steps up for privileged acts, and the page that documents all services. */
@Module({
  controllers: [
    DataStoresController,
    AgentKeysController,
    DataMapController,
    DataMapConsumer,
    PoliciesController,
    PromisesController,
    SubprocessorsController,
    NoticeConsumer,
    DocumentationController,
    AuthenticatorsController,
    StepUpsController,
    StepUpKeysController,
    TenantController,
  ],
  providers: [RegisterStores, MapActivation, PublishPolicy, PolicyActivation, ActivationJob, CloseTenant],
})
export class AppModule {
  static of(platform: Platform<RegistryEnvironment>): DynamicModule {
    return { module: AppModule, imports: [PlatformModule.of(platform), AccessControlModule], providers: stepUpProviders(platform.environment) };
  }
}
