// What the files below `lib/` of prom-client and @prometheus-io/client export beside their classes.
export {
  areLabelNames as validateLabelName,
  isObject,
  labelsOfArguments as getLabels,
} from '../prom-client/validation.js'
export { type DefaultMetric, defaultMetric } from './default-metric.js'
export { unsupported } from './unsupported.js'
export {
  changesStorage,
  getValueAsString,
  hashObject,
  isEmpty,
  nowTimestamp,
  waitFor,
} from './util.js'
export { illegalLabelNames, validateLabel } from './validation.js'
