import { expect, test } from 'vitest'
import { Watch } from '../../../src/instrument/node/watch.js'

class Told extends Watch {
  readonly heard: string[] = []

  protected override start(): void {
    this.heard.push('start')
  }

  protected override stop(): void {
    this.heard.push('stop')
  }
}

test('a watch runs from its first user to its last', () => {
  const watch = new Told()
  const [a, b] = [{}, {}]
  watch.use(a)
  watch.use(b)
  watch.release(a)
  expect(watch.heard).toEqual(['start'])
  watch.release(a)
  expect(watch.heard).toEqual(['start'])
  watch.release(b)
  watch.release(b)
  expect(watch.heard).toEqual(['start', 'stop'])
  watch.use(a)
  expect(watch.heard).toEqual(['start', 'stop', 'start'])
})
