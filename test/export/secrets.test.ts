import { describe, expect, test } from 'vitest'
import { startOtlp } from '../../src/otlp.js'
import { startRemoteWrite } from '../../src/remote-write.js'

describe('an invalid option of an exporter is reported without a credential', () => {
  test.each([
    () => startOtlp({ headers: 'authorization=sekret' as never }),
    () => startOtlp({ endpoint: 'me:sekret@host:4318' }),
    () => startRemoteWrite({ url: 'http://127.0.0.1:1', job: 'a', headers: 'authorization: sekret' as never }),
    () => startRemoteWrite({ url: 'me:sekret@host:9090/w', job: 'a' }),
  ])('%s', (start) => {
    let text = ''
    try {
      start()
    } catch (error) {
      text = String(error)
    }
    expect(text).toMatch(/must be/)
    expect(text).not.toContain('sekret')
  })
})
