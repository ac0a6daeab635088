import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { directoryArguments } from '../../../src/cli/serve/directory-arguments.js'

const asked = { name: 'serve', args: [], option: '--dir' } as const

describe('the directories of a command line', () => {
  test.each([
    [['/run/a'], '/run/a'],
    [['run/x=y'], resolve('run/x=y')],
    [['./a=b'], resolve('a=b')],
  ])('%j is one without a name', (values, directory) => {
    expect(directoryArguments(values, asked)).toBe(directory)
  })

  test('have names, of one application or of several', () => {
    expect(directoryArguments(['a=/run/a'], asked)).toEqual([{ name: 'a', directory: '/run/a' }])
    expect(directoryArguments(['shop-1=/run/a', 'b.c_d=/run/x=y'], asked)).toEqual([
      { name: 'shop-1', directory: '/run/a' },
      { name: 'b.c_d', directory: '/run/x=y' },
    ])
  })

  test.each([
    [['/run/a', '/run/b'], '2 directories need names: --dir NAME=DIR for each, but one is "/run/a"'],
    [['a=/run/a', '/run/b'], '2 directories need names: --dir NAME=DIR for each, but one is "/run/b"'],
    [['a=/run/a', 'a=/run/b'], 'two directories have the name a'],
    [['a=/run/a', 'b=/run/a'], 'a and b are the same directory'],
    [['a='], '--dir a= names no directory'],
    [['a b=/run/a'], 'the name of an application consists of letters, digits, ".", "_" and "-", got "a b"'],
  ])('%j are refused', (values, text) => {
    expect(() => directoryArguments(values, asked)).toThrow(text)
  })
})
