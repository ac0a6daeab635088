// The clients whose names promhive serves: the modules of each, and what `require()` of each gives.

/**
 * @typedef {object} Client
 * @property {string} name the package that applications and plug-ins import
 * @property {string} alias the package of promhive that npm installs under that name
 * @property {readonly string[]} exports the exports, in the order of the client's own object
 * @property {readonly string[]} declared what the declarations export besides
 * @property {Record<string, string>} [symbols] files that the object has under a symbol of that description
 * @property {Record<string, File>} files what lies below `lib/`, by path
 */

/**
 * What a file exports: a class or a function of the front door, with the names that stand on it; or an object of exports of
 * the front door, functions of `src/compat/internals` by the client's name, and functions that change the client's storage;
 * or a function that adds some of the default metrics; or nothing, with the reason.
 *
 * @typedef {object} File
 * @property {string} [value]
 * @property {readonly string[]} [names]
 * @property {readonly string[]} [exports]
 * @property {Record<string, string>} [internals]
 * @property {readonly string[]} [changing]
 * @property {string} [defaultMetric]
 * @property {string} [unsupported]
 */

const main = [
  'register',
  'Registry',
  'contentType',
  'prometheusContentType',
  'openMetricsContentType',
  'validateMetricName',
  'Counter',
  'Gauge',
  'Histogram',
  'Summary',
  'Pushgateway',
  'linearBuckets',
  'exponentialBuckets',
  'collectDefaultMetrics',
  'aggregators',
]

const own = 'it is internal to the client; use what the client exports'

const classes = {
  registry: { value: 'Registry', names: ['globalRegistry'] },
  counter: { value: 'Counter' },
  gauge: { value: 'Gauge' },
  histogram: { value: 'Histogram' },
  summary: { value: 'Summary' },
  pushgateway: { value: 'Pushgateway' },
  defaultMetrics: { value: 'collectDefaultMetrics', names: ['metricsList'] },
  bucketGenerators: { exports: ['linearBuckets', 'exponentialBuckets'] },
  metricAggregators: { exports: ['AggregatorFactory', 'aggregators'] },
  metric: { unsupported: own },
  exemplar: { unsupported: own },
  timeWindowQuantiles: { unsupported: own },
}

/** By the file below `lib/metrics`, what it adds. */
const metrics = {
  eventLoopLag: 'eventLoopLag',
  gc: 'gc',
  heapSizeAndUsed: 'heapSizeAndUsed',
  heapSpacesSizeAndUsed: 'heapSpacesSizeAndUsed',
  osMemoryHeap: 'osMemoryHeap',
  osMemoryHeapLinux: 'osMemoryHeap',
  processCpuTotal: 'processCpuTotal',
  processHandles: 'processHandles',
  processMaxFileDescriptors: 'processMaxFileDescriptors',
  processOpenFileDescriptors: 'processOpenFileDescriptors',
  processRequests: 'processRequests',
  processResources: 'processResources',
  processStartTime: 'processStartTime',
  version: 'version',
}

const filesOf = (added) =>
  Object.fromEntries(Object.entries(added).map(([file, defaultMetric]) => [`metrics/${file}`, { defaultMetric }]))

const util = ['getValueAsString', 'getLabels', 'hashObject', 'isObject', 'nowTimestamp']
const storage = ['removeLabels', 'setValue', 'setValueDelta', 'Grouper']

const byTheirNames = (names) => Object.fromEntries(names.map((name) => [name, name]))

const validation = (validateLabelName) => ({
  exports: ['validateMetricName'],
  internals: { validateLabelName, validateLabel: 'validateLabel' },
})

/** @type {Readonly<Record<string, Client>>} by the name of the front door */
export const clients = {
  'prom-client': {
    name: 'prom-client',
    alias: '@promhive/prom-client',
    exports: [...main, 'AggregatorRegistry'],
    declared: ['MetricType', 'AggregatorFactory'],
    files: {
      ...classes,
      ...filesOf(metrics),
      cluster: { value: 'AggregatorRegistry' },
      validation: validation('validateLabelName'),
      util: { internals: byTheirNames(util), changing: storage },
    },
  },
  'prometheus-io': {
    name: '@prometheus-io/client',
    alias: '@promhive/prometheus-io',
    exports: [...main, 'ClusterRegistry', 'WorkerRegistry', 'AggregatorRegistry'],
    declared: ['AggregatorFactory'],
    symbols: { util: './lib/util.js' },
    files: {
      ...classes,
      ...filesOf({ ...metrics, eventLoopUtilization: 'eventLoopUtilization' }),
      cluster: { value: 'ClusterRegistry' },
      worker: { value: 'WorkerRegistry' },
      validation: validation('illegalLabelNames'),
      util: {
        internals: byTheirNames([...util, 'isEmpty', 'waitFor']),
        changing: [...storage, 'LabelMap', 'LabelGrouper'],
      },
    },
  },
}
