export { type UwsgiCollectorOptions, uwsgiCollector } from './runtime/uwsgi/collector.js'
export { type UwsgiProbeOptions, uwsgiProbe } from './runtime/uwsgi/probe.js'
