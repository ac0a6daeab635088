import type { EtcdSettings } from './etcd-options.js'

/** The part of the key of an application without `job`. */
const nameless = 'default'

/** Returns the key of a target: `/promhive/targets/<job>/<id>`. */
export function targetKey({ prefix, job = nameless }: Pick<EtcdSettings, 'prefix' | 'job'>, id: string): string {
  return `${prefix}${job}/${id}`
}

/** Returns a text as etcd's JSON gateway expects it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Returns the range of all keys that begin with a prefix, which ends with `/`. */
export function keysBelow(prefix: string): { readonly key: string; readonly range_end: string } {
  return { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
}
