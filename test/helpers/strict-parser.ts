import { spawnSync } from 'node:child_process'

/**
 * The OpenMetrics parser of the Python client: the strictest there is. `scripts/provision.mjs` installs it if permitted;
 * Debian's package is for Debian's Python, which need not be the first one on the path.
 */
const python = ['/usr/bin/python3', 'python3'].find((candidate) => {
  return spawnSync(candidate, ['-c', 'import prometheus_client'], { stdio: 'ignore' }).status === 0
})

export const hasStrictParser = python !== undefined

const program = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode('utf-8')
def exemplar(e):
    return None if e is None else {'labels': e.labels, 'value': str(e.value), 'timestamp': e.timestamp and float(e.timestamp)}
try:
    print(json.dumps([{
        'name': f.name, 'type': f.type, 'unit': f.unit, 'help': f.documentation,
        'samples': [{'name': s.name, 'labels': s.labels, 'value': str(s.value), 'exemplar': exemplar(s.exemplar)} for s in f.samples],
    } for f in text_string_to_metric_families(text)]))
except Exception as error:
    print(json.dumps(type(error).__name__ + ': ' + str(error)))
`

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
  readonly exemplar: null | { readonly labels: object; readonly value: string; readonly timestamp: number | null }
}

export interface ParsedFamily {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly help: string
  readonly samples: readonly ParsedSample[]
}

/** An OpenMetrics text as the strict parser reads it; throws the parser's error. */
export function parsedStrictly(text: string): readonly ParsedFamily[] {
  const { status, stdout, stderr } = spawnSync(python!, ['-c', program], { input: text, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`the parser failed: ${stderr}`)
  const parsed = JSON.parse(stdout.toString()) as string | ParsedFamily[]
  if (typeof parsed === 'string') throw new Error(parsed)
  // It drops a sample that is there twice without a word.
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  const samples = parsed.reduce((sum, family) => sum + family.samples.length, 0)
  if (samples !== lines) throw new Error(`${lines} lines, ${samples} samples: some are there twice`)
  return parsed
}
