/**
 * Whether Kubernetes (or a link of Docker) has set a variable for a service with a matching name:
 * `REDIS_PORT=tcp://10.0.0.1:6379` for a service `redis`.
 */
export function isServiceLink(variable: string, value: string): boolean {
  return variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\/(?:[\d.]+|\[?[\da-f:.]+\]?):\d+$/i.test(value)
}

/** Whether Kubernetes sets a variable of this name for a service: `PROMHIVE_SERVICE_HOST`, `PROMHIVE_PORT_80_TCP`. */
export function isServiceVariable(variable: string, value: string): boolean {
  const parts = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/
  return parts.test(variable) || isServiceLink(variable, value)
}

/** Returns the log line about such a variable. */
export function serviceLinkText(variable: string, value: string): string {
  const service = variable.slice(0, -'_PORT'.length).toLowerCase().replaceAll('_', '-')
  return `${variable}=${value} is what Kubernetes sets for a service named ${service}, and is ignored; enableServiceLinks: false in the pod's spec leaves it out`
}
