/** The system's errors in the words of strerror, as Nix says them (floor 1, Node only); Node's own differ in case. */

const TEXT: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  EIO: 'Input/output error',
  EINVAL: 'Invalid argument',
  ENXIO: 'No such device or address',
  ENODEV: 'No such device',
  EBUSY: 'Device or resource busy',
  ENOMEM: 'Cannot allocate memory',
  EOVERFLOW: 'Value too large for defined data type',
}

/** The system's words for an error: `No such file or directory`; what another error says, as it says it. */
export function systemText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const known = TEXT[code ?? '']
  if (known !== undefined) return known
  const words = /^[A-Z0-9]+: ([^,]*)/.exec(message)
  return words === null ? message : words[1].charAt(0).toUpperCase() + words[1].slice(1)
}
