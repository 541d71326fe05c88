import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ownPackageFolder, ownVersion } from '../../ownVersion.ts';
import { type Check, fail, ok } from './check.ts';

const nodeLeast = [22, 18] as const;

/** Read from package files: that the native parts really load is shown by the first mask. */
export function* checkVersions(): Generator<Check> {
  yield ok('segserve', ownVersion());
  yield checkNode(process.versions.node);
  yield checkPackage('onnxruntime', 'onnxruntime-node');
  yield checkPackage('sharp', 'sharp');
  const libvips = libvipsVersion();
  yield libvips === undefined
    ? ok('libvips', 'the one of the system')
    : ok('libvips', `${libvips} (${process.platform}-${process.arch})`);
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = nodeLeast;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok('node', version);
  return fail('node', `${version}, expected ${nodeLeast.join('.')} or newer.`, 'Install Node 24.');
}

function checkPackage(name: string, packageName: string): Check {
  const folder = packageFolder(packageName);
  if (folder === undefined) return fail(name, 'not installed.', 'Run "npm install" again, with optional dependencies.');
  return ok(name, versionIn(folder));
}

function versionIn(folder: string): string {
  return String(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version);
}

/** sharp brings libvips as a package for each platform, @img/sharp-libvips-linux-x64, which lists what is inside. */
function libvipsVersion(): string | undefined {
  const images = packageFolder('@img', '');
  const names = images === undefined ? [] : readdirSync(images).filter((name) => name.startsWith('sharp-libvips-'));
  const own = names.find((name) => name.endsWith(`${process.platform}-${process.arch}`)) ?? names[0];
  if (own === undefined || images === undefined) return undefined;
  const versions = path.join(images, own, 'versions.json');
  return existsSync(versions) ? String(JSON.parse(readFileSync(versions, 'utf8')).vips) : 'bundled';
}

/** As Node finds packages: node_modules here and in each folder above. */
function packageFolder(name: string, holds = 'package.json'): string | undefined {
  for (let at = ownPackageFolder(); ; at = path.dirname(at)) {
    const folder = path.join(at, 'node_modules', name);
    if (existsSync(path.join(folder, holds))) return folder;
    if (at === path.dirname(at)) return undefined;
  }
}
