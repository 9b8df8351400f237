import { NOT_STATED } from '@heed/certificate';
import type { ConsentReceipt } from '@heed/certificate';
import { resolveJurisdiction } from '@heed/policy';
import type { PolicyPack, Subprocessor } from '@heed/policy';

type Party = ConsentReceipt['record']['party'][number];

export const controllerId = ({ tenant }: PolicyPack): string => `urn:heed:party:${tenant.id}`;
const vendorId = (pack: PolicyPack, vendor: Subprocessor): string => `${controllerId(pack)}:vendor:${vendor.id}`;

export interface Parties {
  readonly all: Party[];
  readonly controller: string;
  readonly recipients: string[];
  readonly authority: string | undefined;
}

/** Who takes part in a purpose, as the policy names them: the controller, who else receives the data, and who watches over it. */
export function partiesOf(pack: PolicyPack, purpose: string, place: string | undefined): Parties {
  const vendors = vendorsOf(pack, purpose);
  const authority = authorityOf(pack, place);
  return {
    all: [controllerOf(pack), ...vendors.map((vendor) => recipientOf(pack, vendor)), ...(authority ? [authority] : [])],
    controller: controllerId(pack),
    recipients: vendors.map((vendor) => vendorId(pack, vendor)),
    authority: authority?.party_id,
  };
}

export const vendorsOf = ({ subprocessors }: PolicyPack, purpose: string): readonly Subprocessor[] =>
  subprocessors.vendors.filter(({ purposes }) => purposes.includes(purpose));

function controllerOf(pack: PolicyPack): Party {
  const { address, contacts, controller } = pack.tenant;
  return {
    party_id: controllerId(pack), party_name: controller.value, party_address: address?.value ?? NOT_STATED, party_contact: contacts.privacy.value,
    party_type: 'organisation', party_role: 'controller', party_email: contacts.dpo?.value ?? contacts.privacy.value,
  };
}

function recipientOf(pack: PolicyPack, vendor: Subprocessor): Party {
  return {
    party_id: vendorId(pack, vendor), party_name: vendor.name, party_address: NOT_STATED, party_contact: NOT_STATED,
    party_type: vendor.named ? 'organisation' : 'class_of_organisations', party_role: 'processor',
  };
}

function authorityOf(pack: PolicyPack, place: string | undefined): Party | undefined {
  const here = resolveJurisdiction(pack, place);
  const authority = pack.jurisdictions.list.find(({ id }) => id === here)?.authority;
  if (!here || !authority) return undefined;
  return {
    party_id: `${controllerId(pack)}:authority:${here}`, party_name: authority.name, party_address: NOT_STATED, party_contact: authority.url ?? NOT_STATED,
    party_type: 'public_authority', party_role: 'authority', ...(authority.url ? { party_url: authority.url } : {}),
  };
}
