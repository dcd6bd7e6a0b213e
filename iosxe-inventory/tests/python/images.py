"""Makes and checks a workbook with a sheet of images, with openpyxl.

make KIND FILE     writes the fleet and its images: in a table, or under a filter
check KIND FILE    reads them again after an image was added; exits with the first difference
"""

import sys

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.table import Table, TableStyleInfo

HEADER = ["File", "Rack", "Platform", "Release", "Size", "MD5", "SHA-512", "Approval", "Source"]
ADDED = "cat9k_iosxe.17.12.04.SPA.bin"


def make(kind, path):
    book = openpyxl.Workbook()
    devices = book.active
    devices.title = "Fleet"
    devices.append(["hostname", "address", "target_version"])
    devices.append(["sw0", "10.0.0.1", "17.12.04"])
    sheet = book.create_sheet("Images")
    sheet["A1"] = "What we may install"
    sheet["A1"].font = Font(size=18, bold=True)
    thin = Side(style="thin", color="FF999999")
    for column, name in enumerate(HEADER, 1):
        sheet.cell(3, column, name).font = Font(bold=True)
    for row, release in ((4, "17.09.04a"), (5, "17.09.05")):
        file = f"cat9k_iosxe.{release}.SPA.bin"
        values = [file, f"=LEN(A{row})", "C9300", release, 100 + row, "ab" * 16, "cd" * 64, "approved by Maria", "x"]
        for column, value in enumerate(values, 1):
            sheet.cell(row, column, value).border = Border(left=thin, right=thin, top=thin, bottom=thin)
    red = PatternFill("solid", start_color="FFFF0000", end_color="FFFF0000")
    sheet.conditional_formatting.add("A4:A9", FormulaRule(formula=['$H4=""'], fill=red))
    sheet["K20"] = "a note"
    if kind == "filter":
        sheet.auto_filter.ref = "A3:I5"
    else:
        table = Table(displayName="Images", ref="A3:I5")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
        sheet.add_table(table)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=3, max_row=5))
    sheet.add_chart(chart, "L2")
    book.save(path)


def same(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: found {found!r}, wanted {wanted!r}")


def check(kind, path):
    book = openpyxl.load_workbook(path)
    same("sheets", book.sheetnames, ["Fleet", "Images"])
    sheet = book["Images"]
    same("headers", [c.value for c in sheet[3]][: len(HEADER)], HEADER)
    same("the row above", sheet["A5"].value, "cat9k_iosxe.17.09.05.SPA.bin")
    same("a formula of the operator", sheet["B5"].value, "=LEN(A5)")
    found = [sheet.cell(6, column).value for column in range(1, 10)]
    wanted = [ADDED, None, "C9300, C9500", "17.12.04", "4711", "12" * 16, "34" * 64, "approved by jo", "=1+1"]
    same("the new row", found, wanted)
    same("text, not a formula", sheet["I6"].data_type, "s")
    same("border of the new row", sheet["A6"].border.left.style, "thin")
    same("title", sheet["A1"].font.sz, 18)
    same("note", sheet["K20"].value, "a note")
    same("conditional formats", len(sheet.conditional_formatting), 1)
    same("charts", len(sheet._charts), 1)
    if kind == "filter":
        same("filter", sheet.auto_filter.ref, "A3:I6")
    else:
        table = sheet.tables["Images"]
        same("table", (table.ref, table.autoFilter.ref), ("A3:I6", "A3:I6"))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2], sys.argv[3])
