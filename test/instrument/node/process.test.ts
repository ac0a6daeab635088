import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../../src/index.js'
import { parseLimits, parseStatus } from '../../../src/instrument/node/process.js'
import { shown } from '../../helpers/samples.js'

const linux = process.platform === 'linux'

let registry = new Registry()

afterEach(() => {
  registry.clear()
  registry = new Registry()
})

function measure(): Promise<Record<string, number>> {
  collectDefaultMetrics({ register: registry })
  return shown(registry)
}

describe('/proc/self/status', () => {
  test('shows memory in bytes, and threads', () => {
    const text = [
      'Name:\tnode',
      'VmPeak:\t  999999 kB',
      'VmSize:\t 1022092 kB',
      'VmRSS:\t   45312 kB',
      'VmData:\t   91044 kB',
      'Threads:\t11',
      '',
    ].join('\n')
    expect(parseStatus(text)).toEqual({
      residentBytes: 45312 * 1024,
      virtualBytes: 1022092 * 1024,
      dataBytes: 91044 * 1024,
      threads: 11,
    })
  })

  test('shows nothing if the file has no value', () => {
    const nothing = { residentBytes: undefined, virtualBytes: undefined, dataBytes: undefined, threads: undefined }
    expect(parseStatus('')).toEqual(nothing)
    expect(parseStatus('Name:\tVmRSS:\t 1 kB\nVmRSS:\tmuch\n')).toEqual(nothing)
  })
})

describe('/proc/self/limits', () => {
  const head = 'Limit                     Soft Limit           Hard Limit           Units     \n'

  test('shows the soft limits', () => {
    const text = `${head}Max open files            1024                 524288               files     \nMax address space         8589934592           unlimited            bytes     \n`
    expect(parseLimits(text)).toEqual({ openFiles: 1024, addressSpaceBytes: 8589934592 })
  })

  test('shows infinity if there is no limit', () => {
    const text = `${head}Max open files            unlimited            unlimited            files     \n`
    expect(parseLimits(text)).toEqual({ openFiles: Number.POSITIVE_INFINITY, addressSpaceBytes: undefined })
  })

  test('shows nothing if the file has no value', () => {
    expect(parseLimits('')).toEqual({ openFiles: undefined, addressSpaceBytes: undefined })
  })
})

describe('the process', () => {
  test('shows the CPU time since it began, and only more of it later', async () => {
    const before = process.cpuUsage()
    const first = await measure()
    expect(first.process_cpu_user_seconds_total! * 1e6).toBeGreaterThanOrEqual(before.user - 1)
    expect(first.process_cpu_system_seconds_total! * 1e6).toBeGreaterThanOrEqual(before.system - 1)
    const sum = first.process_cpu_user_seconds_total! + first.process_cpu_system_seconds_total!
    expect(first.process_cpu_seconds_total).toBeCloseTo(sum, 9)
    while (process.cpuUsage(before).user < 100_000);
    const second = await shown(registry)
    expect(second.process_cpu_seconds_total).toBeGreaterThan(first.process_cpu_seconds_total!)
    expect(second.process_cpu_seconds_total! * 1e6).toBeLessThanOrEqual(cpu() + 1)
  })

  test('shows the CPU time once after clear() and a new beginning', async () => {
    await measure()
    registry.clear()
    const samples = await measure()
    expect(samples.process_cpu_seconds_total! * 1e6).toBeLessThanOrEqual(cpu() + 1)
  })

  test('shows when it began', async () => {
    const { process_start_time_seconds: start } = await measure()
    expect(Math.abs(start! - (Date.now() / 1000 - process.uptime()))).toBeLessThan(60)
  })

  test.runIf(linux)('shows what the operating system knows of it', async () => {
    const samples = await measure()
    const resident = samples.process_resident_memory_bytes!
    expect(resident).toBeGreaterThan(2 ** 20)
    expect(samples.process_virtual_memory_bytes).toBeGreaterThan(resident)
    expect(samples.process_heap_bytes).toBeGreaterThan(2 ** 20)
    expect(samples.process_threads).toBeGreaterThan(1)
    expect(samples.process_max_fds).toBeGreaterThan(samples.process_open_fds!)
    expect(samples.process_virtual_memory_max_bytes).toBeGreaterThan(samples.process_virtual_memory_bytes!)
    // Others may open and close files of this process between two readings, but not many.
    const fds = readdirSync('/proc/self/fd').length - 1
    expect(Math.abs(samples.process_open_fds! - fds)).toBeLessThan(10)
  })
})

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
