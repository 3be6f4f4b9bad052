@echo off
rem Lets "source .venv/bin/activate" do the same on Windows as elsewhere.
.venv\Scripts\activate.bat
