/** Seconds that a set-up waits for others who install packages: an image's first update takes minutes. */
export const packagePatience = 900;

/**
 * The part of every setup script that installs packages. Images update themselves when they like, at their first boot
 * above all, so the locks of apt and dpkg may be taken at any moment. `DPkg::Lock::Timeout` covers neither
 * `apt-get update` nor `dpkg --configure -a`; here every call waits, says for whom, and is tried again when somebody
 * was faster.
 */
export const packageLibrary = String.raw`
readonly package_patience=${packagePatience}
readonly package_locks=(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)
readonly apt_options=(-o DPkg::Lock::Timeout=0 -o Acquire::Retries=3 -o APT::Install-Recommends=false
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)

# Prints who holds one of the locks; asks the kernel and takes none. They are no locks of flock(1), which sees nothing.
lock_holder() {
  local pid
  pid=$(perl -MFcntl -e '
    for my $path (@ARGV) {
      open(my $file, "+<", $path) or next;
      my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0);
      fcntl($file, F_GETLK, $lock) or next;
      my ($type, $pid) = (unpack("ssx4qql", $lock))[0, 4];
      if ($type != F_UNLCK) { print $pid; exit 0 }
    }
    exit 1' "\${package_locks[@]}") || return 1
  printf '%s (process %s)\n' "$(tr '\0\n' '  ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-80)" "$pid"
}

# Whether what apt or dpkg printed says that somebody was faster.
met_a_lock() {
  grep -qE '(was|is) locked by|Could not get lock|Unable to (lock|acquire the dpkg)|dpkg was interrupted' "$1"
}

# Runs a command of apt with what it needs: nobody beside it, nothing half done by others, no service that starts by itself.
packages_do() {
  local deadline=$((SECONDS + package_patience)) output=$state/packages-output holder said='' status
  while :; do
    if holder=$(lock_holder); then status=75; else
      status=0
      # Services start when their configuration is there, not when their package is. What is left of it after a kill
      # forbids nothing: the lock is free once all that was started here has ended.
      exec 8>/run/platform-packages.lock
      flock 8
      printf '#!/bin/sh\n! flock --nonblock /run/platform-packages.lock true || exit 0\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 0755 /usr/sbin/policy-rc.d
      { dpkg --configure -a && "$@"; } 2>&1 | tee "$output" || status=$?
      rm -f /usr/sbin/policy-rc.d
      exec 8>&-
      [ "$status" -ne 0 ] || return 0
      met_a_lock "$output" || return "$status"
      holder="somebody who was faster"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "apt and dpkg are still used by $holder after $package_patience seconds: end it, or run this set-up later"
      return 75
    fi
    if [ "$holder" != "$said" ]; then
      echo "waiting for apt and dpkg, used by $holder"
      printf '%s: waiting for apt and dpkg, used by %s\n' "$setup_hostname" "$holder" >&3
      said=$holder
    fi
    sleep 1
  done
}

# Prints those of its arguments that are not installed; half of one counts as none.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '\${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# The first set-up of a machine whose image was baked. What is held back from the daily updates would stay as old as
# the image is, so an image of more than a day is brought up to date before anything of it starts.
settle_baked() {
  if [ $# -gt 0 ]; then
    printf '%s: the image that it was made from lacks %s; npm run bake makes one that has it\n' "$setup_hostname" "$*" >&3
  fi
  if [ -z "$(find "$state/baked" -mmin -1440)" ]; then
    stage packages "bringing the packages of its image up to date"
    packages_do apt-get -qq "\${apt_options[@]}" update
    packages_do apt-get -qq -y "\${apt_options[@]}" upgrade
    # What runs since the boot is the program of before: it starts anew.
    rm -f "$state"/units/*
  fi
  mv "$state/baked" "$state/made-from"
}

install_packages() {
  local missing status=0
  mapfile -t missing < <(missing_packages "$@")
  [ ! -f "$state/baked" ] || settle_baked "\${missing[@]}"
  [ "\${#missing[@]}" -gt 0 ] || return 0
  stage packages "installing \${missing[*]}"
  # Of a package that is half unpacked apt says that it is the newest already, and is content: hence --reinstall.
  local install=(apt-get -qq -y "\${apt_options[@]}" --reinstall install "\${missing[@]}")
  if [ -z "$(find /var/lib/apt/lists -name '*Packages*' -mmin -720 -print -quit)" ]; then packages_do apt-get -qq "\${apt_options[@]}" update; fi
  packages_do "\${install[@]}" || status=$?
  [ "$status" -ne 75 ] || return 75
  if [ "$status" -ne 0 ]; then
    # Lists can be older than what the mirror still serves.
    packages_do apt-get -qq "\${apt_options[@]}" update
    packages_do "\${install[@]}"
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "\${#missing[@]}" -eq 0 ] || { echo "apt says that it has installed \${missing[*]}, dpkg does not: dpkg --audit"; return 1; }
}
`.replaceAll("\\$", "$");
