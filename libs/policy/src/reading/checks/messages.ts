import { knowsHolidaysOf } from '../../clocks/public-holidays.js';
import { oneOf, type Check } from './check.js';

/** A mail is marketing or it is not: a class in both lists would go out after an unsubscribe. */
export const checkMessages: Check = (pack, report) => {
  const marketing = new Set(pack.messages.marketing.classes.value);
  const transactional = pack.messages.transactional.classes.value;
  for (const [i, name] of transactional.entries()) {
    if (!marketing.has(name)) continue;
    report('message_class_ambiguous', `${name} is marketing as well`, ['messages', 'transactional', 'classes', 'value', i]);
  }
  const all = new Set([...marketing, ...transactional]);
  for (const [i, vendor] of pack.subprocessors.vendors.entries()) {
    for (const [j, name] of (vendor.messageClasses ?? []).entries()) {
      if (all.has(name)) continue;
      const path = ['subprocessors', 'vendors', i, 'messageClasses', j];
      report('message_class_unknown', `vendor ${vendor.id}: no message class ${name}; ${oneOf(all)}`, path);
    }
  }
};

/** The plan that applies by default is one of the plans, and the holidays come from a calendar that exists. */
export const checkPlans: Check = (pack, report) => {
  const plans = new Set(pack.audit.plans.map((p) => p.plan));
  if (!plans.has(pack.audit.defaultPlan.value)) {
    report('plan_unknown', `no audit plan ${pack.audit.defaultPlan.value}; ${oneOf(plans)}`, ['audit', 'defaultPlan', 'value']);
  }
  const { holidays } = pack.calendar;
  if (holidays && !knowsHolidaysOf(holidays.country, holidays.state)) {
    const place = [holidays.country, holidays.state].filter(Boolean).join('-');
    report('holidays_unknown', `there is no public holiday calendar for ${place}`, ['calendar', 'holidays', 'country']);
  }
};
