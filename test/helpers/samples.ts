import type { Registry } from '../../src/index.js'

/** The sample lines of an exposition: `{ 'jobs_total{a="1"}': 2 }`. */
export function samplesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), numberOf(line)]))
}

/** What a registry shows at this moment. */
export async function shown(registry: Registry): Promise<Record<string, number>> {
  return samplesOf(await registry.metrics())
}

function numberOf(line: string): number {
  const text = line.slice(line.lastIndexOf(' ') + 1)
  return Number(text.replace('Inf', 'Infinity'))
}
