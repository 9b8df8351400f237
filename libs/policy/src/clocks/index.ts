export { addDuration, endOfLocalDay, localDay, toBusinessDay } from './add-duration.js';
export { calendarOf, type BusinessCalendar } from './calendar.js';
export { parseDuration, type ParsedDuration } from './duration.js';
export { durationInWords } from './duration-in-words.js';
export { extendDue, type Extension, type ExtensionRefusal, type ExtensionRequest } from './extension.js';
export { policyChangeEarliest, type EarliestEffect } from './policy-change.js';
export { knowsHolidaysOf } from './public-holidays.js';
export { requestClocks, type Deadline, type RequestClocks } from './request-clocks.js';
