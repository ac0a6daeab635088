export type { GroupingKey } from './export/pushgateway/grouping-key.js'
export type { PushgatewayAnswer, PushgatewayOptions } from './export/pushgateway/pushgateway.js'
export { Pushgateway } from './runtime/exporters/pushgateway.js'
