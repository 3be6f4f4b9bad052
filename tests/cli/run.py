#!/usr/bin/env python3
"""Golden cases of the command line: one folder per case, <command>/<case>/.

    cmd                  shell lines; $CCDK is the program, $ASM the folder of
                         input assemblies (copy what you need: locks and
                         outputs are written into an assembly)
    stdout.exact|glob    expected text; without a file it must be empty
    stderr.exact|glob    the same; in a glob '*' is any text
    exit                 expected status, 0 without the file

Each case runs in a fresh folder with a scrubbed environment. In the output the
folder is written as $DIR. Usage:

    run.py [--update] [PART-OF-A-CASE-NAME...]

--update rewrites the expectations (a glob that still matches is kept).
CCDK names the program (default build/ccdk); CCDK_WRAP is put before it, e.g.
CCDK_WRAP="valgrind -q --error-exitcode=99".
"""
import concurrent.futures
import difflib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TIMEOUT = 120


def read(path):
    try:
        with open(path, encoding='utf-8', errors='surrogateescape') as f:
            return f.read()
    except FileNotFoundError:
        return None


def write(path, text):
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as f:
        f.write(text)


def remove(path):
    if os.path.exists(path):
        os.remove(path)


def find_cases(parts):
    cases = []
    for command in sorted(os.listdir(HERE)):
        folder = os.path.join(HERE, command)
        if command.startswith('_') or not os.path.isdir(folder):
            continue
        for case in sorted(os.listdir(folder)):
            name = command + '/' + case
            if os.path.exists(os.path.join(folder, case, 'cmd')) and (
                    not parts or any(p in name for p in parts)):
                cases.append(name)
    return cases


def program():
    ccdk = os.environ.get('CCDK') or os.path.join(TOP, 'build', 'ccdk')
    return (os.environ.get('CCDK_WRAP', '') + ' ' + ccdk).strip()


def execute(name):
    with tempfile.TemporaryDirectory(prefix='ccdk-cli-') as tmp:
        tmp = os.path.realpath(tmp)
        work = os.path.join(tmp, 'work')
        home = os.path.join(tmp, 'home')
        os.mkdir(work)
        os.mkdir(home)
        env = {
            'HOME': home, 'CDK_HOME': home + '/.cdk', 'TMPDIR': tmp,
            'PATH': os.environ.get('PATH', '/usr/bin:/bin'),
            'LC_ALL': 'C', 'TZ': 'UTC',
            'CDK_DISABLE_CLI_TELEMETRY': 'true',
            'AWS_EC2_METADATA_DISABLED': 'true',
            # nobody listens there: no case asks the real feed
            'CCDK_NOTICES_URL': 'http://127.0.0.1:9/',
            'CCDK': program(), 'ASM': os.path.join(HERE, '_asm'),
            'CASE': os.path.join(HERE, name),
        }
        for keep in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
            if keep in os.environ:
                env[keep] = os.environ[keep]
        try:
            done = subprocess.run(
                ['/bin/sh', os.path.join(HERE, name, 'cmd')], cwd=work,
                env=env, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=TIMEOUT)
            status, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as e:
            status, out, err = -1, e.stdout or b'', e.stderr or b''
        texts = [t.decode('utf-8', 'surrogateescape').replace(work, '$DIR')
                 for t in (out, err)]
        return status, texts[0], texts[1]


def matches(pattern, text):
    regex = '.*'.join(re.escape(p) for p in pattern.split('*'))
    return re.fullmatch(regex, text, re.S) is not None


def compare(folder, stream, text):
    """None when as expected, else lines that show the difference."""
    exact = read(os.path.join(folder, stream + '.exact'))
    glob = read(os.path.join(folder, stream + '.glob'))
    if exact is None and glob is not None:
        if matches(glob, text):
            return None
        return ['%s does not match %s.glob:' % (stream, stream)] + \
            ['- ' + l for l in glob.splitlines()] + \
            ['+ ' + l for l in text.splitlines()]
    if (exact or '') == text:
        return None
    lines = difflib.unified_diff(
        (exact or '').splitlines(True), text.splitlines(True),
        stream + '.exact', stream, n=2)
    return [l.rstrip('\n') + ('' if l.endswith('\n') else '  (no newline)')
            for l in lines]


def update(folder, status, texts):
    for stream, text in texts.items():
        exact = os.path.join(folder, stream + '.exact')
        glob = os.path.join(folder, stream + '.glob')
        pattern = read(glob)
        if pattern is not None and matches(pattern, text):
            continue
        remove(glob)
        remove(exact)
        if text:
            write(exact, text)
    remove(os.path.join(folder, 'exit'))
    if status:
        write(os.path.join(folder, 'exit'), '%d\n' % status)


def main():
    args = sys.argv[1:]
    rewrite = '--update' in args
    cases = find_cases([a for a in args if a != '--update'])
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = pool.map(execute, cases)
        for number, (name, result) in enumerate(zip(cases, results), 1):
            folder = os.path.join(HERE, name)
            status, out, err = result
            if rewrite:
                update(folder, status, {'stdout': out, 'stderr': err})
            expected = int((read(os.path.join(folder, 'exit')) or '0').strip())
            notes = []
            if status != expected:
                notes.append('exit status %d instead of %d' %
                             (status, expected))
            for stream, text in (('stdout', out), ('stderr', err)):
                notes += compare(folder, stream, text) or []
            print('%s %d - %s' % ('not ok' if notes else 'ok', number, name))
            for line in notes:
                print('#   ' + line)
            failed += bool(notes)
            passed += not notes
    print('1..%d' % len(cases))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
