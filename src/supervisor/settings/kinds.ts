import { availableParallelism } from 'node:os'
import { isAbsolute } from 'node:path'
import { statisticsAddress } from '../../model/statistics-address.js'
import { inMemory } from '../../platform/environment.js'
import { absolutePath } from '../../platform/paths.js'
import { onWindows } from '../../platform/windows.js'

/** A kind of setting: how its text is read, and which values are valid in code or in a file. */
export interface SettingKind<T> {
  /** For the error: `a whole number from 0 to 65535`. */
  readonly says: string
  /** Whether the option has no value on the command line. */
  readonly flag?: boolean
  /** All values, if there are only a few. */
  readonly words?: readonly string[]
  /** Reads a text, or a value from YAML, JSON or code; returns undefined for an invalid one. */
  read(value: unknown): T | undefined
  /** Returns what is wrong with an invalid value, without parts that may be secret. By default, the value is named. */
  fault?(value: unknown): string
}

export const text: SettingKind<string> = {
  says: 'a text',
  read: (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined),
}

/** A file or directory, made absolute when the configuration is read, because the working directory may change later. */
export const filePath: SettingKind<string> = {
  says: 'a path',
  read(value) {
    const path = text.read(value)
    return path === undefined ? undefined : absolutePath(path)
  },
}

/** The directory of a supervisor: without one that they share, it could not show its workers. */
export const directoryPath: SettingKind<string> = {
  says: `a path (${inMemory} would keep each worker to itself; ./${inMemory} names a folder)`,
  read(value) {
    return value === inMemory ? undefined : filePath.read(value)
  },
}

/** Reads booleans, in the same way for every variable. */
export const boolean: SettingKind<boolean> = {
  says: 'true or false (also 1, yes, on; 0, no, off)',
  flag: true,
  read(value) {
    if (typeof value === 'boolean') return value
    const word = String(value).trim().toLowerCase()
    if (['1', 'true', 't', 'yes', 'on'].includes(word)) return true
    return ['0', 'false', 'f', 'no', 'off'].includes(word) ? false : undefined
  },
}

export function whole(from: number, to = Number.MAX_SAFE_INTEGER): SettingKind<number> {
  return {
    says: `a whole number ${to === Number.MAX_SAFE_INTEGER ? `of ${from} or more` : `from ${from} to ${to}`}`,
    read(value) {
      const number = numberOf(value)
      return number !== undefined && Number.isInteger(number) && number >= from && number <= to ? number : undefined
    },
  }
}

export const port: SettingKind<number> = whole(0, 65_535)

/** Names of hosts: an array, or a text separated by commas. */
export const hostList: SettingKind<readonly string[]> = {
  says: 'host names separated by commas, such as metrics.example.com',
  read(value) {
    const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value
    if (!Array.isArray(names)) return undefined
    const named = names.filter((name) => name !== '')
    return named.every((name) => typeof name === 'string' && /^[^\s/@,]+$/.test(name)) ? named : undefined
  },
}

/** A higher number is a mistake, such as a port. */
export const mostWorkers = 1024

const processCount = whole(1, mostWorkers)

export const processes: SettingKind<number> = {
  says: `${processCount.says}, or auto for one per processor`,
  read: (value) => (value === 'auto' ? availableParallelism() : processCount.read(value)),
}

/** The address that an application listens on. gunicorn's unix sockets have no port, so they are refused. */
export const boundAddress: SettingKind<string> = {
  says: 'a port, or an address and a port such as 0.0.0.0:8000 or [::]:8000',
  read(value) {
    const [, address = '', bound] = /^(?:(.*):)?(\d+)$/.exec(String(value)) ?? []
    if (value === '') return ''
    return Number(bound) <= 65_535 && !/[\s/]/.test(address) ? String(value) : undefined
  },
}

export const urlPath: SettingKind<string> = {
  says: 'a path that begins with "/"',
  read: (value) => (typeof value === 'string' && value.startsWith('/') ? value : undefined),
}

export const namePrefix: SettingKind<string> = {
  says: 'the beginning of a metric name: letters, digits, "_" and ":", no digit first',
  read: (value) => (typeof value === 'string' && /^(?:[a-z_:][\w:]*)?$/i.test(value) ? value : undefined),
}

export const seconds: SettingKind<number> = {
  says: 'a number of seconds, 0 or more',
  read(value) {
    const number = numberOf(typeof value === 'string' ? value.replace(/s$/, '') : value)
    return number !== undefined && number >= 0 && number <= 1e6 ? number : undefined
  },
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

export const bytes: SettingKind<number> = {
  says: 'a number of bytes such as 536870912 or 512M',
  read(value) {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(String(value).trim()) ?? []
    return digits === undefined ? undefined : Math.round(Number(digits) * units[unit!.toLowerCase()]!)
  },
}

export function oneOf<const T extends string>(...words: readonly T[]): SettingKind<T> {
  return {
    says: words.length > 2 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join(' or '),
    words,
    read: (value) => words.find((word) => word === value),
  }
}

const exporterClasses = ['', 'Thread', 'Eventlet', 'Gevent', 'Tornado'].map((kind) => `Prometheus${kind}Worker`)

/** gunicorn's own classes, and those of its exporter, with or without their module. */
export const workerClass: SettingKind<string> = {
  words: ['sync', 'gthread', 'eventlet', 'gevent', 'tornado', ...exporterClasses],
  says: "sync, gthread, eventlet, gevent, tornado or a class of gunicorn's exporter such as PrometheusWorker",
  read(value) {
    const gunicornClasses = /^(?:sync|gthread|eventlet|gevent|tornado)$/
    const exporters = /^(?:gunicorn_prometheus_exporter\.)?Prometheus(?:Thread|Eventlet|Gevent|Tornado)?Worker$/
    return typeof value === 'string' && (gunicornClasses.test(value) || exporters.test(value)) ? value : undefined
  },
}

/** An address to serve statistics; `off` disables the address of a weaker source. */
export const servedAddress: SettingKind<string> = {
  says: onWindows
    ? '127.0.0.1:9191, http://127.0.0.1:9191 or off (unix:/path needs a system with Unix sockets)'
    : 'unix:/path, 127.0.0.1:9191, http://127.0.0.1:9191 or off',
  read(value) {
    if (value === false || value === '' || /^(?:off|false|no)$/i.test(String(value))) return ''
    const address = typeof value === 'string' ? statisticsAddress(value) : undefined
    if (address?.kind === 'unix' && onWindows) return undefined
    if (address?.kind === 'unix') return isAbsolute(address.path) ? String(value) : `unix:${absolutePath(address.path)}`
    return address?.kind === 'tcp' || address?.kind === 'http' ? String(value) : undefined
  },
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}
