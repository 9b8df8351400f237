import { byUserId, type Heed } from '@heed/sdk';
import { CONSENT_GATE, ConsentGuard, RequireConsent, type ConsentGate } from '@heed/sdk/nest';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';

@Controller('recommendations')
@RequireConsent('analytics')
class RecommendationController {
  @Get()
  list(): { items: string[] } {
    return { items: ['a lamp', 'a chair'] };
  }
}

/** The guard is told once how to find out whose data a request is about. */
@Module({})
export class ShopModule {
  static of(heed: Heed): DynamicModule {
    const gate: ConsentGate = {
      heed,
      who: ({ headers }) => (typeof headers['x-user'] === 'string' ? byUserId(headers['x-user']) : undefined),
    };
    return { module: ShopModule, controllers: [RecommendationController], providers: [ConsentGuard, { provide: CONSENT_GATE, useValue: gate }] };
  }
}
