import { certificateProviders } from '@heed/certificate-register';
import { FieldVault, openFieldVault } from '@heed/key-store';
import { InternalClient, PlatformModule } from '@heed/runtime';
import type { Platform } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AccessReviewConsumer } from './access-review/access-review.consumer.js';
import { CertifyNotice } from './certificate/certify-notice.use-case.js';
import { NoticeCertificateController } from './certificate/notice-certificate.controller.js';
import { Contacts } from './message/contacts.js';
import { mailServer } from './message/mail-server.js';
import { Mailer } from './message/mailer.js';
import { MessageConsumer } from './message/message.consumer.js';
import { MessagesController } from './message/messages.controller.js';
import { Outcomes } from './message/outcomes.js';
import { SendMail } from './message/send-mail.job.js';
import type { NotificationsEnvironment } from './notifications.config.js';
import { NoticeConsumer } from './notice/notice.consumer.js';
import { NoticesController } from './notice/notices.controller.js';
import { Notices } from './notice/notices.js';
import { EraseRecipient } from './recipient/erase-recipient.use-case.js';
import { RecipientVault } from './recipient/recipient-vault.js';
import { RecipientsController } from './recipient/recipients.controller.js';
import { SaveRecipients } from './recipient/save-recipients.use-case.js';

/** Composition root: messages to people, notices of policy changes, and who receives those. */
@Module({})
export class AppModule {
  static of(platform: Platform<NotificationsEnvironment>): DynamicModule {
    const { environment } = platform;
    return {
      module: AppModule,
      imports: [PlatformModule.of(platform)],
      controllers: [MessageConsumer, MessagesController, NoticeConsumer, RecipientsController, NoticesController, NoticeCertificateController, AccessReviewConsumer],
      providers: [
        { provide: PolicyStore, useFactory: () => new PolicyStore() },
        { provide: FieldVault, useFactory: () => openFieldVault('notifications', platform) },
        { provide: RecipientVault, inject: [FieldVault], useFactory: (vault: FieldVault) => new RecipientVault(vault) },
        { provide: Mailer, useFactory: () => new Mailer(mailServer(environment)) },
        { provide: Contacts, useFactory: () => new Contacts(new InternalClient(environment.HEED_CONSENT_URL, environment)) },
        ...certificateProviders(),
        CertifyNotice,
        Notices,
        SaveRecipients,
        EraseRecipient,
        Outcomes,
        SendMail,
      ],
    };
  }
}
