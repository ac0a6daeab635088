import { createHash } from 'node:crypto'
import type { Attributes } from './point.js'

export interface ResourceOptions {
  /** Attributes from code, which override those of the environment. */
  readonly attributes: Readonly<Record<string, string>>
  readonly serviceName: string | undefined
  /** The text of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly environmentAttributes: string | undefined
  /** That of `OTEL_SERVICE_NAME`. */
  readonly environmentName: string | undefined
  /** A text that identifies the application among those of the same name. */
  readonly instance: string
  /** The version of promhive. */
  readonly version: string
}

/**
 * Returns the attributes of the resource: what the metrics are of.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 *
 * @param ignored receives the reason why a variable is ignored
 */
export function resourceOf(options: ResourceOptions, ignored: (text: string) => void): Attributes {
  const { attributes, serviceName, environmentAttributes = '', environmentName, instance, version } = options
  const fromEnvironment = keyValues(environmentAttributes)
  if (fromEnvironment === undefined) {
    ignored('OTEL_RESOURCE_ATTRIBUTES is ignored: it must be key=value,key=value, with "%2C" for a comma in a value')
  }
  const merged: Record<string, string | undefined> = {
    'service.name': 'unknown_service:node',
    'service.instance.id': uuidOf(instance),
    ...fromEnvironment,
    ...(environmentName !== undefined && { 'service.name': environmentName }),
    ...attributes,
    ...(serviceName !== undefined && { 'service.name': serviceName }),
    'telemetry.sdk.name': 'promhive',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
  }
  return Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
}

/**
 * Reads a list of keys and values in the form of W3C Baggage, without properties: `key=value,key=value`, percent-encoded.
 * Returns undefined for another text.
 */
export function keyValues(text: string): Record<string, string> | undefined {
  const pairs: [string, string][] = []
  for (const item of text.split(',')) {
    if (item.trim() === '') continue
    const at = item.indexOf('=')
    if (at < 0) return undefined
    try {
      const key = decodeURIComponent(item.slice(0, at).trim())
      if (key === '') return undefined
      pairs.push([key, decodeURIComponent(item.slice(at + 1).trim())])
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(pairs)
}

/** Returns a UUID of version 8, whose bits are those of a hash. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
