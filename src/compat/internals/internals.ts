// What the files below `lib/` of prom-client and @prometheus-io/client export beside their classes.
export { unsupported } from './unsupported.js'
export {
  changesStorage,
  getLabels,
  getValueAsString,
  hashObject,
  isEmpty,
  isObject,
  nowTimestamp,
  waitFor,
} from './util.js'
export { illegalLabelNames, validateLabel, validateLabelName } from './validation.js'
