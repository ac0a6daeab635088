import { spawnSync } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { loadCompress } from '../../../src/export/remote-write/snappy.js'
import { requireOptional } from '../../../src/platform/optional-package.js'
import { hasPythonSnappy, python } from '../../helpers/remote-write/python-snappy.js'

test.runIf(hasPythonSnappy)('another implementation of Snappy reads the requests', async () => {
  const compress = loadCompress()
  const messages = [
    new Uint8Array(0),
    Buffer.from('a'),
    Buffer.from('http_requests_total'.repeat(20_000)),
    Uint8Array.from({ length: 200_000 }, (_, i) => (i * i * 31) % 251),
  ]
  const bodies = messages.map((message) => Buffer.from(compress(message)).toString('base64'))
  const script = [
    'import base64, json, snappy, sys',
    'bodies = json.load(sys.stdin)',
    'texts = [base64.b64encode(snappy.uncompress(base64.b64decode(body))).decode() for body in bodies]',
    'print(json.dumps(texts))',
  ].join('\n')
  const { stdout, stderr } = spawnSync(python, ['-c', script], {
    input: JSON.stringify(bodies),
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  expect(stderr).toBe('')
  const read = (JSON.parse(stdout) as string[]).map((text) => Buffer.from(text, 'base64'))
  expect(read.map((bytes, i) => bytes.equals(messages[i]!))).toEqual([true, true, true, true])
  // It is compressed, and does not keep the memory that compressing needed.
  expect(compress(messages[2]!).buffer.byteLength).toBeLessThan(30_000)
})

test('the error without the package has the command that installs it', async () => {
  vi.resetModules()
  vi.doMock('../../../src/platform/optional-package.js', () => ({
    requireOptional: () => requireOptional('a package that nobody has'),
  }))
  const without = await import('../../../src/export/remote-write/snappy.js')
  vi.doUnmock('../../../src/platform/optional-package.js')
  expect(without.loadCompress).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('npm install snappyjs') }),
  )
})
